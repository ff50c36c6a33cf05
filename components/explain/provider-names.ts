const names: ReadonlyMap<string, string> = new Map([
  ['aws', 'AWS KMS'],
  ['gcp', 'Google Cloud KMS'],
  ['azure', 'Azure Key Vault'],
]);

export const providerName = (provider: string): string => names.get(provider) ?? provider;
