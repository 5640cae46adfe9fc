/** What a mutant of a derivative rule must get past, in one file: loading the packages is most of the time of a run. */
import './setup.js';
import '../ops/derivatives.test.js';
import '../ops/saving.test.js';
import '../ops/conventions.test.js';
import '../ops/values.test.js';
import '../ops/errors.test.js';
import '../defineOp.test.js';
import '../value/value.test.js';
import '../value/special.test.js';
import './goldens.js';
