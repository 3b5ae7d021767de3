// Where this server is, as clients are told.

export function trackingUri(): string {
  return location.href.split("#")[0]!.replace(/\/$/, "");
}
