/**
 * The pages of the app. The build makes a file of each, so that its address answers 200, and any other 404: `places.ts` of
 * the build and the routes of the app both go by this list.
 */
export const PLACES = ["/", "/sign-in", "/register", "/detect", "/account", "/status", "/docs"] as const;

export type Place = (typeof PLACES)[number];
