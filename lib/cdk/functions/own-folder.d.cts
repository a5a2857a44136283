export declare const OWN_FOLDER: string;
