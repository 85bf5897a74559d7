/** Where the gateway is, as the server side sees it. */
export const gatewayUrl = (): string => process.env.BINNACLE_GATEWAY_URL || 'http://127.0.0.1:4318';
