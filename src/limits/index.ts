export { clientNameHeaders, clientNameOf, clientVersionOf, priorityHeader } from './client-limits.ts';
export {
  type CostLimits,
  countsOfPlaces,
  type Estimate,
  type EstimatedCost,
  evaluate,
  type FetchCost,
  type Formula,
  objectsOfTypes,
  type PlaceCountOptions,
  type PlanCost,
  slicingErrors,
  sum,
  type VariableValues,
} from './complexity/index.ts';
export type { DocumentSize } from './document/document-limits.ts';
export { FieldLimits, type FieldRefusals, FieldsRefused } from './fields/field-limits.ts';
export { createLimits, type Limits, type PlanLimits } from './limits.ts';
export { Overload } from './overload/overload.ts';
export { JointRates } from './rates/joint-rates.ts';
export { openJointRates } from './rates/open-joint-rates.ts';
export type { RateHeaderForm } from './rates/rate-headers.ts';
export { Rates } from './rates/rates.ts';
export type { OperationPrice, RequestCharges } from './rates/request-charges.ts';
export { suggestLimits } from './suggest-limits.ts';
