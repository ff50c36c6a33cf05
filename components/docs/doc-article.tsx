import './docs.css';

/** A page of the documentation, and the way back to the list of all. */
export function DocArticle({ html }: { html: string }) {
  return (
    <article className="doc">
      <nav aria-label="Documentation">
        <a href="/docs">All pages</a>
      </nav>
      {/* biome-ignore lint/security/noDangerouslySetInnerHtml: our own Markdown, in which HTML is text */}
      <div dangerouslySetInnerHTML={{ __html: html }} />
    </article>
  );
}
