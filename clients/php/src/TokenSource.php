<?php

declare(strict_types=1);

namespace Yipii\Client;

/** Gives the bearer token of a request. */
interface TokenSource
{
    /** A token that is good for now. */
    public function token(): string;

    /** Says that the server refused a token; true if another can be had. */
    public function refused(#[\SensitiveParameter] string $token): bool;
}
