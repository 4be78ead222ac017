// The way back to the site that this page is a part of, where it is a part of one.
const site =
  document.querySelector<HTMLMetaElement>('meta[name="ws4wasm-site"]')?.content ?? '';

export const SiteLink = () =>
  site ? (
    <a class="site-link" href={`${site}guides/index.html`}>
      Guides
    </a>
  ) : null;
