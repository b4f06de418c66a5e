/** Every answer of the admin listener has it, so that it is told from other ports of a gateway, and from other servers. */
export const adminHeader = 'isthmus-admin';
