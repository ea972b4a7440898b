using System.Text.Json;

namespace EdgeRecorder.Configuration;

/// <summary>Puts the options together: default &lt; file &lt; environment &lt; command line (DESIGN section 7).</summary>
internal static class ConfigurationLoader
{
    private const string VariablePrefix = "EDGE_RECORDER__";

    /// <param name="file">The JSON file.</param>
    /// <param name="variables">The environment; only names beginning with EDGE_RECORDER__ count.</param>
    /// <param name="arguments"><c>--section:key=value</c>.</param>
    /// <exception cref="ConfigurationException">Something is wrong; every finding names its place.</exception>
    public static RecorderOptions Load(string file, IEnumerable<KeyValuePair<string, string>> variables, IEnumerable<string> arguments)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException([$"{file}: cannot be read: {e.Message}"]);
        }
        return Parse(bytes, file, variables, arguments);
    }

    public static RecorderOptions Parse(ReadOnlySpan<byte> json, string name, IEnumerable<KeyValuePair<string, string>> variables, IEnumerable<string> arguments)
    {
        var options = new RecorderOptions();
        var trail = new Trail();
        ReadFile(json, name, options, trail);
        foreach (var (variable, value) in variables.OrderBy(v => v.Key, StringComparer.Ordinal))
            if (variable.StartsWith(VariablePrefix, StringComparison.OrdinalIgnoreCase))
                Assign(options, variable[VariablePrefix.Length..].Split("__"), value, new($"environment {variable}", 0), trail);
        foreach (var argument in arguments)
            if (argument.StartsWith("--", StringComparison.Ordinal) && argument.IndexOf('=', StringComparison.Ordinal) is var equals and > 2)
                Assign(options, argument[2..equals].Split(':'), argument[(equals + 1)..], new($"argument {argument[..equals]}", 0), trail);
            else
                trail.Wrong(new("argument", 0), argument, "is not of the form --section:key=value");
        ConfigurationRules.Check(options, trail);
        trail.Findings.ThrowIfAny();
        return options;
    }

    private static void ReadFile(ReadOnlySpan<byte> json, string name, RecorderOptions options, Trail trail)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        var cursor = new JsonCursor(json.StartsWith(mark) ? json[mark.Length..] : json, name);
        try
        {
            cursor.Read();
            RecorderOptions.Keys.Read(ref cursor, options, "", trail);
            cursor.Read();                                     // anything behind the object is an error
        }
        catch (JsonException e)
        {
            var what = e.Message.Split(" LineNumber:", 2)[0];
            trail.Wrong(new(name, (int)(e.LineNumber ?? 0) + 1), "", $"not JSON: {what}");
        }
        catch (InvalidOperationException e)
        {
            trail.Wrong(cursor.Origin, "", $"not JSON: {e.Message}");          // text that is not UTF-8
        }
    }

    private static void Assign(RecorderOptions options, string[] names, string value, Origin origin, Trail trail)
        => RecorderOptions.Keys.Assign(options, names, new(ValueForm.Untyped, value, origin), "", trail);
}
