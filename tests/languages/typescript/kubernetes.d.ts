// Double of what programs here use of @pulumi/kubernetes, whose package has hundreds of megabytes.
import * as pulumi from "@pulumi/pulumi";

export declare class Provider extends pulumi.ProviderResource {
    constructor(name: string, args?: { kubeconfig?: pulumi.Input<string>; context?: pulumi.Input<string> });
}
