/** @type {import('next').NextConfig} */
export default {
  reactStrictMode: true,
  poweredByHeader: false,
  // `npm run types` checks them, tests included; a start need not do it again.
  typescript: { ignoreBuildErrors: true },
  transpilePackages: ['@keytide/crypto-core'],
  // Where these lay before.
  redirects: async () => [{ source: '/service', destination: '/settings', permanent: true }],
  // Browsers ask for it by this name where a page came before its head.
  rewrites: async () => [{ source: '/favicon.ico', destination: '/icon.svg' }],
  headers: async () => [
    {
      source: '/:path*',
      headers: [
        { key: 'X-Content-Type-Options', value: 'nosniff' },
        { key: 'Referrer-Policy', value: 'same-origin' },
      ],
    },
  ],
  serverExternalPackages: ['@electric-sql/pglite', 'pg', '@prisma/client', '@prisma/adapter-pg'],
};
