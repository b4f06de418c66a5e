export { addV1Routes, refuse as refuseV1 } from './v1-routes.ts';
