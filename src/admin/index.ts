export type { AdminListener, AdminListenerOptions } from './admin-listener.ts';
export { openAdmin } from './open-admin.ts';
export type { RunningCaches } from './running-caches.ts';
