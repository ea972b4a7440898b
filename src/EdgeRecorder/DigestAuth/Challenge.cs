using System.Text;

namespace EdgeRecorder.DigestAuth;

/// <summary>One challenge of a WWW-Authenticate header, or the credentials of an Authorization header, which have the same form (RFC 9110, 11.4).</summary>
internal sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    public string? this[string name] => Parameters.GetValueOrDefault(name);

    /// <summary>All challenges of one header value: several may stand in it, their parameters separated by commas like themselves. What makes no sense is skipped.</summary>
    public static List<Challenge> ParseAll(string header)
    {
        var challenges = new List<Challenge>();
        Dictionary<string, string>? parameters = null;
        var at = 0;
        while (at < header.Length)
        {
            at += SkipWhile(header, at, c => c is ' ' or '\t' or ',');
            var length = SkipWhile(header, at, IsToken);
            if (length == 0)
            {
                at++;
                continue;
            }
            var word = header.Substring(at, length);
            at += length;
            var spaces = SkipWhile(header, at, c => c is ' ' or '\t');
            if (at + spaces < header.Length && header[at + spaces] == '=' && parameters is not null)
            {
                at += spaces + 1;
                at += SkipWhile(header, at, c => c is ' ' or '\t');
                parameters[word] = ReadValue(header, ref at);
            }
            else
            {
                parameters = new(StringComparer.OrdinalIgnoreCase);
                challenges.Add(new(word, parameters));
            }
        }
        return challenges;
    }

    private static string ReadValue(string header, ref int at)
    {
        if (at >= header.Length || header[at] != '"')
        {
            var length = SkipWhile(header, at, c => c is not (',' or ' ' or '\t'));
            at += length;
            return header.Substring(at - length, length);
        }
        var value = new StringBuilder();
        for (at++; at < header.Length && header[at] != '"'; at++)
        {
            if (header[at] == '\\' && at + 1 < header.Length)
                at++;
            value.Append(header[at]);
        }
        at++;
        return value.ToString();
    }

    private static int SkipWhile(string text, int from, Func<char, bool> match)
    {
        var at = from;
        while (at < text.Length && match(text[at]))
            at++;
        return at - from;
    }

    private static bool IsToken(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '!' or '#' or '$' or '%' or '&' or '*' or '+' or '^' or '`' or '|' or '~' or '\'';
}
