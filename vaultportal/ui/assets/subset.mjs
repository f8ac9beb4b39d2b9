// Write the part of a style sheet that pages of the portal may use to standard output:
// `node subset.mjs <style sheet>`. What is kept is named here by family and not looked up in the templates,
// so that the result depends on the package alone and a page may use any class of a family at once.
import { PurgeCSS } from "purgecss";

const FAMILIES = `
  btn form input valid invalid was-validated is-invalid is-valid card table nav badge alert progress list row col container
  g[xy]? d flex justify align order gap m[trblxyse]? p[trblxyse]? w h mw mh bg text fw fs fst lh font border rounded overflow
  position top end bottom start float opacity visible invisible visually link stretched vstack hstack datagrid status cursor
  active disabled show small lead`.trim().split(/\s+/);
// Not even of these: colours by name (tokens.css has ours), brands, the widest breakpoint, decoration.
const COLOURS = "blue|azure|indigo|purple|pink|red|orange|yellow|lime|green|teal|cyan|gray|black|white|facebook|twitter|linkedin|google|youtube|vimeo|dribbble|github|instagram|pinterest|vk|rss|flickr|bitbucket|tabler|x";
const LEFT_OUT = `-(${COLOURS})(-(lt|fg|darken|overlay|\\d+))?$|-xxl(-|$)|-(gradient|pattern|opacity)(-|$)|-n\\d$`;
const KEPT = new RegExp(`^(?!.*(${LEFT_OUT}))(${FAMILIES.join("|")})(-|$)`);

// Rules for elements stay, whatever element.
const ELEMENTS = "html body header nav main section article aside footer h1 h2 h3 h4 h5 h6 p hr pre blockquote ol ul li dl dt dd figure figcaption div a em strong small b i u s code kbd samp sub sup mark abbr time del ins br img svg canvas table caption colgroup col thead tbody tfoot tr th td form label input button select option optgroup datalist textarea output progress meter fieldset legend details summary dialog template search";
const ATTRIBUTES = ["type", "role", "open", "hidden", "disabled", "readonly", "checked", "multiple", "size", "rows", "dir", "title", "href", "list", "tabindex", "data-bs-theme", "aria-current", "aria-expanded", "aria-disabled", "aria-selected", "aria-sort"];

const [sheet] = process.argv.slice(2);
const [{ css }] = await new PurgeCSS().purge({
  content: [{ raw: ELEMENTS, extension: "html" }],
  css: [sheet],
  dynamicAttributes: ATTRIBUTES,
  keyframes: true,
  variables: true,
  safelist: [KEPT],
});
process.stdout.write(css);
