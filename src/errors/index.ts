export { type ErrorCode, type ErrorEntry, errorTable, isErrorCode } from './error-table.ts';
export { GatewayError, type GatewayErrorDetails, messageOf } from './gateway-error.ts';
