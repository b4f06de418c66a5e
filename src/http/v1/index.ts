export type { V1Generation, V1Generations } from './v1-call.ts';
export { addV1Routes, refuse as refuseV1, type V1RoutesOptions } from './v1-routes.ts';
