<?php

declare(strict_types=1);

// For who has no Composer: finds the classes as composer.json says.
spl_autoload_register(static function (string $class): void {
    if (str_starts_with($class, 'Yipii\\Client\\')) {
        $file = __DIR__ . '/src/' . strtr(substr($class, strlen('Yipii\\Client\\')), '\\', '/') . '.php';
        if (is_file($file)) {
            require $file;
        }
    }
});
