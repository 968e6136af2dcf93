<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class RowResult
{
    public function __construct(
        /** @var array<string, list<string>>|null Why the row was rejected, by field. */
        public readonly ?array $errors,
        /** The asset; null if the row was rejected. */
        public readonly ?int $id,
        /** The row's place in the request, from 0; of CSV, not counting the header. */
        public readonly int $index,
        public readonly string $result,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            errors: $data['errors'] ?? null,
            id: $data['id'],
            index: $data['index'],
            result: $data['result'],
        );
    }
}
