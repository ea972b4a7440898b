using EdgeRecorder.Bytes;

namespace EdgeRecorder.Sip;

/// <summary>The grammar that header values share (RFC 3261, 25.1): tokens, quoted strings, lists, parameters.</summary>
internal static class HeaderText
{
    public static bool IsToken(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '!' or '%' or '*' or '_' or '+' or '`' or '\'' or '~';

    public static bool IsToken(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (!IsToken(c))
                return false;
        return !text.IsEmpty;
    }

    /// <summary>Where a character stands outside of quotes and angle brackets; −1 where it does not.</summary>
    public static int IndexOf(ReadOnlySpan<char> text, char what, int from = 0)
    {
        var isQuoted = false;
        var isBracketed = false;
        for (var i = from; i < text.Length; i++)
        {
            var c = text[i];
            if (isQuoted)
            {
                if (c == '\\')
                    i++;
                else if (c == '"')
                    isQuoted = false;
            }
            else if (c == what && !isBracketed)
                return i;
            else if (c == '"')
                isQuoted = true;
            else if (c is '<' or '>')
                isBracketed = c == '<';
        }
        return -1;
    }

    /// <summary>The members of a list with their offsets; empty ones are left out.</summary>
    public static IEnumerable<(string Text, int Offset)> Split(string value, char separator)
    {
        for (var at = 0; at <= value.Length;)
        {
            var end = IndexOf(value, separator, at) is >= 0 and var found ? found : value.Length;
            if (value[at..end].Trim() is { Length: > 0 } part)
                yield return (part, at);
            at = end + 1;
        }
    }

    /// <summary>A number without sign; a value above what fits is the largest that does.</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        long sum = 0;
        text = text.Trim();
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
                return false;
            sum = Math.Min(sum * 10 + c - '0', int.MaxValue);
        }
        value = (int)sum;
        return !text.IsEmpty;
    }
}

/// <summary>What stands behind the semicolons of a header value or a URI.</summary>
internal sealed class SipParameters
{
    public static readonly SipParameters None = new();

    private readonly List<(string Name, string? Value)> _all = [];

    /// <summary>Null where it is missing or has no value.</summary>
    public string? this[string name] => _all.Find(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    public bool Has(string name) => _all.Exists(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <param name="text">From the first semicolon on, or behind it.</param>
    public static SipParameters Parse(string text, string field, int offset)
    {
        var parameters = new SipParameters();
        foreach (var (part, at) in HeaderText.Split(text, ';'))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var name = (equals < 0 ? part : part[..equals]).Trim();
            if (!HeaderText.IsToken(name))
                throw new ProtocolException(SipParser.Protocol, offset + at, field, "a parameter has no name");
            parameters._all.Add((name, equals < 0 ? null : part[(equals + 1)..].Trim()));
        }
        return parameters;
    }
}
