/** @type {import('next').NextConfig} */
export default {
  reactStrictMode: true,
  poweredByHeader: false,
  transpilePackages: ['@keytide/crypto-core'],
  serverExternalPackages: ['@electric-sql/pglite', 'pg', '@prisma/client', '@prisma/adapter-pg'],
};
