// (b) Imports a package that nobody installed; Node prints ERR_MODULE_NOT_FOUND and exits 1.
import { createWeather } from 'weather-sdk-that-is-not-installed';

createWeather(process.stdin, process.stdout);
