namespace EdgeRecorder.Simulators.Terminal;

/// <summary>The authentication codes that terminals were given: kept across connections and, in a file, across runs.</summary>
internal sealed class CodeBook
{
    private readonly string? _path;
    private readonly byte[]? _given;
    private readonly Dictionary<string, byte[]> _codes = [];

    /// <param name="given">Code of every terminal that has no other.</param>
    public CodeBook(string? path, string? given)
    {
        _path = path;
        _given = given is null ? null : Signalling.BodyWriter.Gbk.GetBytes(given);
        if (path is null || !File.Exists(path))
            return;
        foreach (var line in File.ReadAllLines(path))
            if (line.Split(' ') is [var sim, var hex])
                _codes[sim] = Convert.FromHexString(hex);
    }

    public byte[]? Of(string sim) => _codes.GetValueOrDefault(sim, _given!);

    public void Keep(string sim, byte[] code)
    {
        _codes[sim] = code;
        Save();
    }

    public void Forget(string sim)
    {
        if (_codes.Remove(sim))
            Save();
    }

    private void Save()
    {
        if (_path is not null)
            File.WriteAllLines(_path, _codes.Select(c => $"{c.Key} {Convert.ToHexString(c.Value)}"));
    }
}
