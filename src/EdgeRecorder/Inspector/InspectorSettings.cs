using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Inspector;

/// <summary>What callers of the family have set. Values of a fresh box are those of the published sample where it has some.</summary>
internal sealed record InspectorSettings
{
    public const string DefaultName = "${yyyy}${MM}${dd}${hh}${mm}${ss}${fff}@${channelname}";
    public const string DefaultDirectory = "DATA_${yyyy}${MM}${dd}${hh}${mm}${ss}${fff}";
    public const string DefaultDataLog = "${yyyy}${MM}${dd}${hh}${mm}${ss}${fff}@current";
    public const string DefaultEvent = "${yyyy}${MM}${dd}${hh}${mm}${ss}${fff}";
    public const string DefaultAnomaly = "${yyyy}${MM}${dd}${hh}${mm}${ss}${fff}@${channelname}_anomaly";

    /// <summary>Mbit/s; 0 automatic.</summary>
    public double Bitrate { get; init; }

    /// <summary>As sent; empty: copy.</summary>
    public string Encoder { get; init; } = "";

    /// <summary>0 as the source.</summary>
    public double FrameRate { get; init; }

    /// <summary>0 as the source.</summary>
    public int Width { get; init; }
    public int Height { get; init; }

    /// <summary>The recorder chooses encoder, bit rate, resolution and frame rate: it stores what the source sends.</summary>
    public bool IsSmartEncoding { get; init; } = true;
    public bool ReevaluateTags { get; init; }
    public bool RestartOnFailure { get; init; }

    /// <summary>0 never.</summary>
    public int SplitTimeMinutes { get; init; } = 10;

    /// <summary>Labels below the family's folder.</summary>
    public string RecordingDirectory { get; init; } = "";
    public string InspectionDirectory { get; init; } = "inspection";

    public string FilenameTemplate { get; init; } = DefaultName;
    public string DirectoryTemplate { get; init; } = DefaultDirectory;
    public string FramegrabTemplate { get; init; } = DefaultName;
    public string DataLogTemplate { get; init; } = DefaultDataLog;
    public string EventTemplate { get; init; } = DefaultEvent;
    public string AnomalyTemplate { get; init; } = DefaultAnomaly;

    /// <summary>What was set of how pictures are to be encoded: cameras of the box itself follow it, those that send their own encoding do not.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Encoding
    {
        get
        {
            if (IsSmartEncoding)
                return [];
            List<string> names = [];
            if (Encoder.Length > 0 && !Encoder.Equals("copy", StringComparison.OrdinalIgnoreCase))
                names.Add(nameof(Encoder));
            if (Bitrate > 0)
                names.Add(nameof(Bitrate));
            if (FrameRate > 0)
                names.Add(nameof(FrameRate));
            if (Width > 0 || Height > 0)
                names.Add("Resolution");
            return names;
        }
    }
}

/// <summary>Keeps them in the ledger; a change is durable when the call returns, and whole or not at all.</summary>
/// <param name="persist">False: every start begins with those of a fresh box.</param>
internal sealed partial class InspectorSettingStore(SettingStore ledger, bool persist, ILogger<InspectorSettingStore> log)
{
    private const string Name = "inspector.settings";

    private readonly Lock _changing = new();
    private volatile InspectorSettings _current = persist && ledger.Get(Name) is { } kept
        ? JsonSerializer.Deserialize(kept, InspectorSettingsJson.Default.InspectorSettings)! : new();

    public InspectorSettings Current => _current;

    public void Change(Func<InspectorSettings, InspectorSettings> change)
    {
        lock (_changing)
        {
            var changed = change(_current);
            if (changed == _current)
                return;
            if (persist)
                ledger.Set(Name, JsonSerializer.Serialize(changed, InspectorSettingsJson.Default.InspectorSettings));
            if (changed.Encoding.Count > 0)
                LogEncoding(string.Join(", ", changed.Encoding));
            _current = changed;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "inspector: {Settings} of the recorder settings go to cameras of the box itself (v4l2://) alone; what other cameras send is copied")]
    private partial void LogEncoding(string settings);
}

[JsonSerializable(typeof(InspectorSettings))]
internal sealed partial class InspectorSettingsJson : JsonSerializerContext;
