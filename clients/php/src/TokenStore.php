<?php

declare(strict_types=1);

namespace Yipii\Client;

/** Where the token is kept. */
interface TokenStore
{
    /** The token that is kept; null for none. */
    public function read(): ?Token;

    /**
     * Calls $change with the token that is kept, while nobody else changes it, and keeps what it returns.
     *
     * @param callable(?Token): ?Token $change
     */
    public function change(callable $change): ?Token;
}
