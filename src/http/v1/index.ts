export { directV1 } from './direct-v1.ts';
export { refuseV1 } from './refuse-v1.ts';
export { addV1Routes } from './v1-routes.ts';
