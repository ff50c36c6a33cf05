import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query';

/** A part of a page with the answers that the server had for it: shown at once, asked for again as time goes on. */
export function FirstView({
  answers,
  children,
}: {
  answers: readonly { key: readonly unknown[]; data: unknown }[];
  children: React.ReactNode;
}) {
  const client = new QueryClient();
  for (const { key, data } of answers) client.setQueryData(key, data);
  return <HydrationBoundary state={dehydrate(client)}>{children}</HydrationBoundary>;
}
