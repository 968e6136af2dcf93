<?php

declare(strict_types=1);

namespace Yipii\Client;

/** An API key as a source. Dumping it shows no key. */
final class ApiKey implements TokenSource
{
    public function __construct(#[\SensitiveParameter] private readonly string $key)
    {
    }

    public function token(): string
    {
        return $this->key;
    }

    public function refused(#[\SensitiveParameter] string $token): bool
    {
        return false;
    }

    /** @return array<string, string> */
    public function __debugInfo(): array
    {
        return ['key' => '[hidden]'];
    }
}
