import type { KekProvider, KekRouter } from './provider.ts';
import { RecentMap } from './recent-map.ts';

export interface ProviderRouterOptions {
  /**
   * Names the route of a key, such as its region and the customer's role. Keys of one route share a provider.
   * Throw a `TypeError` for a key that has no route.
   */
  routeOf: (keyUri: string) => string;
  /** Makes the provider of a route when a key of it is first used. */
  open: (keyUri: string, route: string) => KekProvider;
  /** Most providers kept open; the least recently used one is closed first. Default 1,000; 1 to 100,000. */
  providersMax?: number;
}

/**
 * Lets one engine use keys in several regions, accounts and clouds, with credentials of each customer if the provider
 * takes them.
 * @throws {RangeError} if `providersMax` is out of bounds
 * @example providerRouter({ routeOf: (arn) => arn.split(':')[3], open: (_, region) => awsProvider({ region }) })
 */
export function providerRouter(options: ProviderRouterOptions): KekRouter {
  const { routeOf, open, providersMax = 1_000 } = options;
  if (typeof routeOf !== 'function') throw new TypeError('routeOf must be a function');
  if (typeof open !== 'function') throw new TypeError('open must be a function');
  if (!Number.isSafeInteger(providersMax) || providersMax < 1 || providersMax > 100_000)
    throw new RangeError('providersMax must be a whole number from 1 to 100000');
  const providers = new RecentMap<KekProvider>(providersMax);
  return {
    providerFor: (keyUri) => {
      const route = routeOf(keyUri);
      const provider = providers.get(route) ?? open(keyUri, route);
      for (const displaced of providers.set(route, provider)) closeQuietly(displaced);
      return provider;
    },
    close: () => {
      for (const provider of providers.values()) closeQuietly(provider);
      providers.clear();
    },
  };
}

/** An error of a provider that is being closed must not reach the caller of another. */
export function closeQuietly(provider: { close?(): void }): void {
  try {
    provider.close?.();
  } catch {}
}
