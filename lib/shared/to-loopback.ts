interface LoopbackRequest {
  url: string;
  headers: { set(name: string, value: string): void };
  allowInsecureConnection?: boolean;
}

/** A pipeline policy for Azure's SDK clients that sends their requests to `url`, whichever vault they name. */
export function toLoopback(url: string) {
  return {
    name: 'keytide-loopback',
    async sendRequest<R extends LoopbackRequest, A>(
      request: R,
      next: (request: R) => Promise<A>,
    ): Promise<A> {
      const wanted = request.url;
      const { host, pathname, search } = new URL(wanted);
      request.headers.set('host', host);
      request.url = `${url}${pathname}${search}`;
      request.allowInsecureConnection = true;
      try {
        return await next(request);
      } finally {
        request.url = wanted;
      }
    },
  };
}
