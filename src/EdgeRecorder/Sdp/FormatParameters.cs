namespace EdgeRecorder.Sdp;

/// <summary>The parameters of an a=fmtp line: <c>name=value; name=value</c>. Names in any case; the last semicolon, spaces and quotes may be there.</summary>
internal sealed class FormatParameters
{
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    public FormatParameters(string? fmtp)
    {
        foreach (var part in (fmtp ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=');                 // the first: base64 ends in others
            if (equals > 0)
                _values.TryAdd(part[..equals].Trim(), part[(equals + 1)..].Trim().Trim('"'));
        }
    }

    public string? Text(string name) => _values.GetValueOrDefault(name);

    /// <summary>The number, or <paramref name="fallback"/> where it is missing, none, or out of range.</summary>
    public int Number(string name, int fallback, int max) => int.TryParse(Text(name), out var value) && value >= 0 && value <= max ? value : fallback;

    /// <summary>Hex digits as bytes; empty when they are not that.</summary>
    public byte[] Hex(string name)
    {
        var text = Text(name) ?? "";
        try
        {
            return Convert.FromHexString(text.Length % 2 == 0 ? text : text + "0");
        }
        catch (FormatException)
        {
            return [];
        }
    }

    /// <summary>NAL units in base64 between commas; what is no base64 is left out, missing padding is put back.</summary>
    public IEnumerable<byte[]> NalUnits(string name)
    {
        foreach (var part in (Text(name) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var trimmed = part.TrimEnd('=');
            var padded = trimmed + new string('=', (4 - trimmed.Length % 4) % 4);
            var nal = new byte[padded.Length];
            if (Convert.TryFromBase64String(padded, nal, out var count) && count > 0)
                yield return nal[..count];
        }
    }
}
