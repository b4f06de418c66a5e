export { openWorkers, type WorkersGateway, type WorkersOptions } from './open-workers.ts';
