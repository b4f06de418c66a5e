import { identifyByStatement } from '../identify-by-statement.ts';
import { runAlone } from '../run-alone.ts';
import { startReviews } from './reviews.ts';

await runAlone({
  name: 'reviews',
  port: 4002,
  start: (listening) => startReviews({ ...listening, identify: identifyByStatement('reviews') }),
});
