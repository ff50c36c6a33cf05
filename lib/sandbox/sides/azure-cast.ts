/** Who is who about the customer's vault, and where its log goes. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { AzureCloud, Vault } from '../azure/cloud.ts';
import type { AzurePrincipal } from '../azure/vault-access.ts';

interface AzureActors {
  /** The application of the service that uses the key. */
  engine: AzurePrincipal;
  admin: AzurePrincipal;
  stranger: AzurePrincipal;
  /** Of the customer's storage account, which Azure Storage uses the key by. */
  storageIdentity: AzurePrincipal;
  /** Reads the log. */
  reader: AzurePrincipal;
}

interface AzureLogPlaces {
  /** The role assignment by which the service uses the key. */
  engineAssignment: string;
  workspaceId: string;
  storage: { account: string; key: string };
}

export interface AzureCast extends AzureActors, AzureLogPlaces {
  vault: Vault;
}

/** The cast by what finds each of it again in a restored cloud: the vault by host, principals by token. */
export type AzureCastNames = { [Role in keyof AzureActors | 'vault']: string } & AzureLogPlaces;

const encryptionUser = 'Key Vault Crypto Service Encryption User';

/** Makes a vault without a key, and who may use the one that is made in it. */
export function azureCastOf(azure: AzureCloud, keyName: string): AzureCast {
  // Another run's vault is another vault.
  const vault = azure.addVault(`acme-${randomBytes(4).toString('hex')}`, 'vault');
  const add = () => azure.addPrincipal();
  const lets = (user: AzurePrincipal) => azure.assign(vault, user, encryptionUser, keyName);
  const [engine, admin, stranger, storageIdentity, reader] = [add(), add(), add(), add(), add()];
  azure.assign(vault, admin, 'Key Vault Crypto Officer');
  const engineAssignment = lets(engine);
  lets(stranger);
  lets(storageIdentity);
  return {
    ...{ vault, engine, admin, stranger, storageIdentity, reader, engineAssignment },
    workspaceId: randomUUID(),
    storage: { account: 'acmekeylogs', key: randomBytes(64).toString('base64') },
  };
}

export const azureCastNames = (cast: AzureCast): AzureCastNames => ({
  ...cast,
  vault: cast.vault.host,
  engine: cast.engine.token,
  admin: cast.admin.token,
  stranger: cast.stranger.token,
  storageIdentity: cast.storageIdentity.token,
  reader: cast.reader.token,
});

/** @throws where the names are of another cloud */
export function azureRecast(azure: AzureCloud, names: AzureCastNames): AzureCast {
  const found = <T>(one: T | undefined): T => {
    if (one === undefined) throw new Error('the sandbox state names what it does not hold');
    return one;
  };
  const find = (token: string) => found(azure.principal(token));
  return {
    ...names,
    vault: found(azure.vault(names.vault)),
    engine: find(names.engine),
    admin: find(names.admin),
    stranger: find(names.stranger),
    storageIdentity: find(names.storageIdentity),
    reader: find(names.reader),
  };
}
