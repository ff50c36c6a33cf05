/** What the dashboard's process and the one that started it tell each other. */
export type FromWeb =
  | { kind: 'listening' }
  | { kind: 'failed'; message: string }
  | { kind: 'start-sandbox' };

/** The sandbox that was asked for. */
export interface ToWeb {
  kind: 'sandbox';
  url: string;
  token: string;
}
