<?php

declare(strict_types=1);

namespace Yipii\Client;

/** Keeps the token for as long as the process lives, which for a web page is one request. */
final class MemoryStore implements TokenStore
{
    private ?Token $token = null;

    public function read(): ?Token
    {
        return $this->token;
    }

    public function change(callable $change): ?Token
    {
        return $this->token = $change($this->token);
    }
}
