using System.Globalization;

namespace EdgeRecorder.Simulators;

/// <summary>The command line cannot be meant; the message says why.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary><c>--name value</c> and <c>--name</c> switches; each is taken once by who knows it, and what nobody took is an error.</summary>
internal sealed class Arguments
{
    private readonly List<(string Name, string? Value)> _left = [];

    public Arguments(ReadOnlySpan<string> args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
                throw new UsageException($"unexpected argument '{args[i]}'");
            // A negative number is a value: "--jump -5".
            var hasValue = i + 1 < args.Length && !args[i + 1].StartsWith("--", StringComparison.Ordinal);
            _left.Add((args[i][2..], hasValue ? args[++i] : null));
        }
    }

    public IReadOnlyList<(string Name, string? Value)> Left => _left;

    public bool Flag(string name)
    {
        var found = _left.FindIndex(a => a.Name == name);
        if (found < 0)
            return false;
        if (_left[found].Value is { } value)
            throw new UsageException($"--{name} takes no value, got '{value}'");
        _left.RemoveAt(found);
        return true;
    }

    public string? Text(string name)
    {
        var found = _left.FindIndex(a => a.Name == name);
        if (found < 0)
            return null;
        var value = _left[found].Value ?? throw new UsageException($"--{name} needs a value");
        _left.RemoveAt(found);
        return value;
    }

    public T Number<T>(string name, T otherwise) where T : struct, ISpanParsable<T> => Text(name) switch
    {
        null => otherwise,
        var text when T.TryParse(text, null, out var number) => number,
        var text => throw new UsageException($"--{name}: '{text}' is not a number it takes"),
    };

    /// <summary><c>N</c> or <c>N/D</c>.</summary>
    public (long Numerator, long Denominator) Fraction(string name, string otherwise)
    {
        var parts = (Text(name) ?? otherwise).Split('/');
        return (long.Parse(parts[0], CultureInfo.InvariantCulture), parts.Length > 1 ? long.Parse(parts[1], CultureInfo.InvariantCulture) : 1);
    }

    public string OneOf(string name, params ReadOnlySpan<string> allowed)
    {
        var value = Text(name) ?? allowed[0];
        return allowed.Contains(value) ? value : throw new UsageException($"--{name}: '{value}' is none of {string.Join(", ", allowed)}");
    }
}
