using System.Globalization;
using System.Text.Json;
using EdgeRecorder.Files;
using EdgeRecorder.Inspector;

namespace EdgeRecorder.Api.Inspector;

/// <summary>What a body says cannot be meant. The message goes to the caller.</summary>
internal sealed class InspectorBodyException(string message) : Exception(message);

/// <summary>
/// Bodies of the family: member names without regard to case, unknown ones ignored, null as if it were missing. Everything is looked at before anything is changed.
/// </summary>
/// <param name="root">`storage.root`, which callers may have in front of a label.</param>
internal sealed class InspectorBody(Dictionary<string, JsonElement> members, string root)
{
    public const int MostBitrate = 200, MostFrameRate = 120, MostSplitMinutes = 1440;
    private const int LeastSide = 16, MostSide = 8192;

    private static readonly JsonDocumentOptions Tolerant = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 16 };

    // n: the hardware of the original; on this box each names a codec.
    private static readonly HashSet<string> Encoders = new(["n265", "n264", "h265", "hevc", "h264", "avc", "x265", "x264", "q264", "q265", "a264", "a265", "copy", ""], StringComparer.OrdinalIgnoreCase);

    /// <exception cref="InspectorBodyException">It is not a JSON object.</exception>
    public static InspectorBody Read(ReadOnlyMemory<byte> body, string root)
    {
        if (body.Span.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            body = body[3..];
        try
        {
            using var document = JsonDocument.Parse(body, Tolerant);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new InspectorBodyException("the body is not a JSON object");
            var members = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
            foreach (var member in document.RootElement.EnumerateObject())
                members[member.Name] = member.Value.Clone();
            return new InspectorBody(members, root);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)      // the latter: half a surrogate pair in a name
        {
            throw new InspectorBodyException($"the body is not JSON: {e.Message}");
        }
    }

    /// <summary>The directory that a request is about.</summary>
    public FamilyPath Directory()
    {
        if (!Has("Directory", out var element))
            throw new InspectorBodyException("Directory is missing");
        if (Text("Directory", element) is not { Length: > 0 } label)
            throw new InspectorBodyException("Directory is empty");
        return Label("Directory", label);
    }

    /// <summary>The settings with the members of `recordersettings/apply`; what is not named stays.</summary>
    public InspectorSettings Apply(InspectorSettings settings) => Templates(settings) with
    {
        Bitrate = Number("Bitrate", MostBitrate) ?? settings.Bitrate,
        Encoder = Encoder(settings),
        FrameRate = Number("FrameRate", MostFrameRate) ?? settings.FrameRate,
        IsSmartEncoding = Flag("IsSmartEncoding") ?? settings.IsSmartEncoding,
        ReevaluateTags = Flag("ReevaluateTagsOnSplit") ?? settings.ReevaluateTags,
        RestartOnFailure = Flag("RestartOnFailure") ?? settings.RestartOnFailure,
        SplitTimeMinutes = SplitMinutes() ?? settings.SplitTimeMinutes,
        Width = Resolution()?.Width ?? settings.Width,
        Height = Resolution()?.Height ?? settings.Height,
        FilenameTemplate = Template("Filename", settings.FilenameTemplate, InspectorSettings.DefaultName),
    };

    /// <summary>The settings with the members of `pathtemplate`.</summary>
    public InspectorSettings Templates(InspectorSettings settings) => settings with
    {
        RecordingDirectory = Has("Directory", out _) ? Directory().Relative : settings.RecordingDirectory,
        FilenameTemplate = Template("FilenameTemplate", settings.FilenameTemplate, InspectorSettings.DefaultName),
        DirectoryTemplate = Template("DirectoryTemplate", settings.DirectoryTemplate, InspectorSettings.DefaultDirectory),
        FramegrabTemplate = Template("FramegrabTemplate", settings.FramegrabTemplate, InspectorSettings.DefaultName),
        DataLogTemplate = Template("DataLogTemplate", settings.DataLogTemplate, InspectorSettings.DefaultDataLog),
        EventTemplate = Template("EventTemplate", settings.EventTemplate, InspectorSettings.DefaultEvent),
        AnomalyTemplate = Template("AnomalyTemplate", settings.AnomalyTemplate, InspectorSettings.DefaultAnomaly),
    };

    /// <summary>Kept as it was sent; empty: the default again.</summary>
    private string Template(string name, string now, string fresh)
    {
        if (!Has(name, out var element))
            return now;
        var template = Text(name, element);
        if (template.Length == 0)
            return fresh;
        Label(name, template);
        return template;
    }

    private string Encoder(InspectorSettings settings)
    {
        if (!members.TryGetValue("Encoder", out var element))
            return settings.Encoder;
        var name = element.ValueKind == JsonValueKind.Null ? "" : Text("Encoder", element);
        return Encoders.Contains(name) ? name : throw new InspectorBodyException($"Encoder \"{name}\" is not known");
    }

    private int? SplitMinutes()
        => Number("SplitTimeMinutes", MostSplitMinutes) is not { } minutes ? null
            : double.IsInteger(minutes) ? (int)minutes : throw new InspectorBodyException("SplitTimeMinutes is not a whole number");

    /// <summary>"W, H", blanks or not; "WxH" too.</summary>
    private (int Width, int Height)? Resolution()
    {
        if (!Has("Resolution", out var element))
            return null;
        var sides = Text("Resolution", element).Split([',', 'x', 'X'], StringSplitOptions.TrimEntries);
        return sides is [var w, var h] && Side(w) is { } width && Side(h) is { } height ? (width, height) : throw new InspectorBodyException("Resolution is not \"W, H\"");

        static int? Side(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var side) && side is 0 or >= LeastSide and <= MostSide ? side : null;
    }

    private FamilyPath Label(string name, string label) => FamilyPath.Read(InspectorDesk.Family, label, root, out _) ?? throw new InspectorBodyException($"invalid {name}");

    private bool Has(string name, out JsonElement element) => members.TryGetValue(name, out element) && element.ValueKind != JsonValueKind.Null;

    private double? Number(string name, double most)
        => !Has(name, out var element) ? null
            : element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var value) && value >= 0 && value <= most ? value
            : throw new InspectorBodyException($"{name} is not a number from 0 to {most.ToString(CultureInfo.InvariantCulture)}");

    private bool? Flag(string name)
        => !Has(name, out var element) ? null : element.ValueKind is JsonValueKind.True or JsonValueKind.False ? element.GetBoolean() : throw new InspectorBodyException($"{name} is not true or false");

    private static string Text(string name, JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.String)
            throw new InspectorBodyException($"{name} is not text");
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new InspectorBodyException($"{name} is not Unicode text");           // half a surrogate pair
        }
    }
}
