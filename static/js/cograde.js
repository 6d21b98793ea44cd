// Everything a page may use. Each module looks for its own data attributes and does nothing without
// them; without JavaScript every page works, only with more clicks.
import "./ahead.js";
import "./annotate.js";
import "./autosave.js";
import "./comments.js";
import "./copy.js";
import "./dialog.js";
import "./drop.js";
import "./files.js";
import "./fold.js";
import "./keys.js";
import "./moments.js";
import "./order.js";
import "./rubric.js";
import "./splitpane.js";
import "./tabs.js";
import "./timer.js";
import "./toast.js";
import "./wordcount.js";
import "./editor.js";
