import { runAlone } from '../run-alone.ts';
import { startReviews } from './reviews.ts';

await runAlone({ name: 'reviews', port: 4002, start: startReviews });
