export { adminHeader } from './admin-header.ts';
export type { AdminListener, AdminListenerOptions } from './admin-listener.ts';
export { isAdminScope } from './admin-scopes.ts';
export { openAdmin } from './open-admin.ts';
export type { RunningCaches } from './running-caches.ts';
