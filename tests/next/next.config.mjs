/*
 * Everything under /api is Lectern's, so that the browser sees one origin and
 * the session cookie is first-party. LECTERN_URL is read when the front end
 * is built. Compression would hold an answer back until a block is full.
 */
export default {
  compress: false,
  async rewrites() {
    return [{
      source: '/api/:path*',
      destination: `${process.env.LECTERN_URL ?? 'http://localhost:7860'}/api/:path*`,
    }];
  },
};
