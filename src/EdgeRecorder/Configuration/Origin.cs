namespace EdgeRecorder.Configuration;

/// <summary>Where a value was written: a line of the file, a variable of the environment, an argument, or nowhere (the default).</summary>
/// <param name="Line">From 1; 0 where lines mean nothing.</param>
internal readonly record struct Origin(string Where, int Line)
{
    public bool IsFile => Line > 0;

    public override string ToString() => IsFile ? $"{Where}:{Line}" : Where ?? "default";
}

/// <summary>The configuration cannot be used. One line per finding: <c>recorder.json:12: channels[0].transport: …</c>.</summary>
internal sealed class ConfigurationException(IReadOnlyList<string> findings) : Exception(string.Join('\n', findings))
{
    public IReadOnlyList<string> Findings => findings;
}

/// <summary>Collects what is wrong, so that one run names everything; 20 findings are enough to see the pattern.</summary>
internal sealed class Findings
{
    private const int Most = 20;
    private readonly List<string> _lines = [];
    private int _more;

    public bool Any => _lines.Count > 0;

    public void Add(Origin origin, string key, string what)
    {
        if (_lines.Count < Most)
            _lines.Add(key.Length == 0 ? $"{origin}: {what}" : $"{origin}: {key}: {what}");
        else
            _more++;
    }

    /// <exception cref="ConfigurationException">Something was found.</exception>
    public void ThrowIfAny()
    {
        if (_more > 0)
            _lines.Add($"… and {_more} more");
        if (Any)
            throw new ConfigurationException(_lines);
    }
}
