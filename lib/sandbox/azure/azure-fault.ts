/** An error as Key Vault gives it: a general code, and an inner code that names the cause. */
export class AzureFault extends Error {
  readonly httpStatus: number;
  readonly code: string;
  readonly innerCode: string | undefined;

  constructor(
    httpStatus: number,
    { code, message, innerCode }: { code: string; message: string; innerCode?: string },
  ) {
    super(message);
    this.name = 'AzureFault';
    this.httpStatus = httpStatus;
    this.code = code;
    this.innerCode = innerCode;
  }
}

export const forbidden = (innerCode: string, message: string) =>
  new AzureFault(403, { code: 'Forbidden', message, innerCode });

export const badParameter = (message: string) =>
  new AzureFault(400, { code: 'BadParameter', message });

export function notFound(name: string, version = ''): AzureFault {
  const id = version === '' ? name : `${name}/${version}`;
  const advice = 'If you recently deleted this key you may be able to recover it.';
  const message = `A key with (name/id) ${id} was not found in this key vault. ${advice}`;
  return new AzureFault(404, { code: 'KeyNotFound', message });
}
