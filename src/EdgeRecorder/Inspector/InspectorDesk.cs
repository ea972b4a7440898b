using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeRecorder.Files;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Inspector;

/// <summary>Nothing can be stored now.</summary>
internal sealed class NoStorageException(string fault) : Exception(fault);

/// <summary>
/// The family's two switches: the master recording of all channels, and clips beside it. Each channel has a recording of its own in the ledger; all of one start have its instant in
/// their names. Neither switch touches what other owners record.
/// </summary>
/// <param name="box">What stands for a channel's name where a file is of none.</param>
internal sealed class InspectorDesk(RecordingDesk recordings, ChannelCatalog catalog, IRecorder recorder, IStorageStatus storage, InspectorSettingStore settings, FamilyFolder folder, string box,
    TimeZoneInfo zone, TimeProvider time)
{
    public const string Family = "inspector";
    public const string Record = "record", Clip = "clip";

    /// <summary>So long a stop waits for files to be closed.</summary>
    private static readonly TimeSpan Closing = TimeSpan.FromSeconds(5);

    private readonly Lock _starting = new();

    /// <summary>A channel of the master recording has pictures.</summary>
    public bool IsRecording => Of(Record).Any(recording => recording.State == RecordingState.Recording);

    public bool IsClipRecording => Running(Clip).Any();

    /// <summary>Somebody's, for whatever reason.</summary>
    public bool IsAnythingRecording => catalog.All.Any(channel => recorder.Status(new(channel.Number, 0)) is { State: ChannelState.Recording });

    /// <summary>Channels that deliver pictures now.</summary>
    public IEnumerable<ChannelDefinition> Live
        => catalog.All.Where(channel => recorder.Status(new(channel.Number, 0)) is { State: ChannelState.Recording or ChannelState.Live, Fragments: > 0 });

    /// <summary>Starts every channel that the master recording has not started yet; those without a signal begin when they have one.</summary>
    /// <exception cref="NoStorageException">The volume has a fault.</exception>
    public void Start(string by)
    {
        CheckStorage();
        lock (_starting)
        {
            // A channel that is new since the start joins it, in its directory.
            // What stays in error until the next start begins anew with this one.
            if (!settings.Current.RestartOnFailure)
                foreach (var failed in Running(Record).Where(recording => recording.State == RecordingState.Error).ToList())
                    recordings.Stop(failed.Id);
            var running = Running(Record).ToList();
            var at = running.Count > 0 ? InspectorPlan.Read(running[0].Plan).AtUtcMs : time.GetUtcNow().ToUnixTimeMilliseconds();
            recordings.Start([.. catalog.All.Where(channel => !running.Any(recording => recording.Channels.Contains(channel.Number))).Select(channel => Wish(channel, Record, at, by))]);
        }
    }

    /// <summary>Ends the master recording; clips go on.</summary>
    public Task StopAsync() => StopAsync(Record);

    /// <summary>Starts a clip of each channel that delivers; what was begun before goes on unchanged.</summary>
    public void StartClip(string by)
    {
        CheckStorage();
        lock (_starting)
        {
            if (IsClipRecording)
                return;
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            recordings.Start([.. Live.Select(channel => Wish(channel, Clip, now, by))]);
        }
    }

    public Task StopClipAsync() => StopAsync(Clip);

    /// <summary>Time in the zone of the box, of which names are made.</summary>
    public DateTimeOffset Local(DateTimeOffset utc) => TimeZoneInfo.ConvertTime(utc, zone);

    /// <summary>A file in a directory of the family, both without tags.</summary>
    /// <exception cref="IOException">Values made it too long, or lead upwards.</exception>
    public FamilyPath Place(string directory, string name)
        => FamilyPath.Read(Family, $"{directory}/{name}", folder.Root, out var why) ?? throw new IOException($"{directory}/{name}: {why}");

    /// <exception cref="NoStorageException">The volume has a fault.</exception>
    public void CheckStorage()
    {
        if (storage.Figures().Fault is { Length: > 0 } fault)
            throw new NoStorageException(fault);
    }

    private RecordingWish Wish(ChannelDefinition channel, string kind, long atUtcMs, string by)
    {
        var now = settings.Current;
        var at = Local(DateTimeOffset.FromUnixTimeMilliseconds(atUtcMs));
        var directory = NameTags.Expand(now.DirectoryTemplate, at, channel.Name);
        var plan = new InspectorPlan(atUtcMs, $"{(kind == Record ? now.RecordingDirectory : now.InspectionDirectory)}/{directory}",
            NameTags.Expand(kind == Record ? now.FilenameTemplate : now.AnomalyTemplate, at, channel.Name),
            $"{now.RecordingDirectory}/{NameTags.Expand(now.DirectoryTemplate, at, box)}", NameTags.Expand(now.DataLogTemplate, at, box));
        return new RecordingWish { Owner = Family, Kind = kind, Channels = [channel.Number], Plan = plan.Write(), By = by };
    }

    private Task StopAsync(string kind) => recordings.StopAsync([.. Of(kind).Select(recording => recording.Id)], Closing);

    /// <summary>Those that nobody has stopped: one that closes its files is in nobody's way.</summary>
    private IEnumerable<RecordingRow> Running(string kind) => Of(kind).Where(recording => recording.State is not (RecordingState.Stopping or RecordingState.Stopped));

    private IEnumerable<RecordingRow> Of(string kind) => recordings.Of(Family).Where(recording => recording.Kind == kind);
}

/// <summary>What a recording of the family was promised at its start.</summary>
/// <param name="AtUtcMs">Instant of the start, the same for all channels.</param>
/// <param name="Directory">Label below the family's folder, without tags.</param>
/// <param name="Name">Of its first file, without extension.</param>
/// <param name="LogDirectory">Where the table and the events of the master recording go: `${channelname}` is the box there.</param>
internal sealed record InspectorPlan(long AtUtcMs, string Directory, string Name, string LogDirectory, string LogName)
{
    public DateTimeOffset At => DateTimeOffset.FromUnixTimeMilliseconds(AtUtcMs);

    public static InspectorPlan Read(string json) => JsonSerializer.Deserialize(json, InspectorPlanJson.Default.InspectorPlan)!;

    public string Write() => JsonSerializer.Serialize(this, InspectorPlanJson.Default.InspectorPlan);
}

[JsonSerializable(typeof(InspectorPlan))]
internal sealed partial class InspectorPlanJson : JsonSerializerContext;
