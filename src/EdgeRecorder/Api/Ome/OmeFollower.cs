using EdgeRecorder.Files;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Api.Ome;

/// <summary>Has the files of this family's jobs written, with names and information files as its clients know them.</summary>
internal sealed partial class OmeFollower(NamedFiles files, OmeTime time, ILogger<OmeFollower> log) : IRecordingFollower
{
    private readonly OmeInfoFile _info = new(files.Folder, time);

    public bool Wants(RecordingRow recording) => recording.Owner == OmeNames.FamilyName;

    public void Began(RecordingRow recording)
    {
        var plan = OmePlan.Of(recording);
        var names = new OmeNames(plan, recording.Transaction, time.Zone, files.Folder.Root);
        // Long values may make a name too long that was not when it was asked for.
        FamilyPath Place(string template, NamedFileStart start, DateTimeOffset? end, string extension)
            => names.Place(template, start, end) ?? FamilyPath.Read(OmeNames.FamilyName, $"records/{recording.Transaction}_{start.Sequence}{extension}", "", out _)!;
        var container = ContainerOf(plan.FilePath);
        var extension = container == NamedContainer.Mp4 ? ".mp4" : ".ts";
        files.Begin(new NamedFileWish
        {
            RecordingId = recording.Id,
            Stream = new StreamKey(recording.Channels[0], recording.Stream),
            Container = container,
            Tracks = plan.Tracks,
            Continuity = plan.Continuity,
            Split = plan.Interval > 0 ? new SplitRule.Every(TimeSpan.FromMilliseconds(Math.Max(1000, plan.Interval))) : SplitRule.Cron3.Read(plan.Schedule, time.Zone) ?? SplitRule.Never,
            Name = start => Place(plan.FilePath, start, null, extension),
            FinalName = (start, end) => Place(plan.FilePath, start, end, extension),
            Shown = place => OmeNames.Shown(plan.FilePath, place),
            Info = start => OmeNames.Shown(plan.InfoPath, Place(plan.InfoPath, start, null, ".xml")),
            Finished = done =>
            {
                try
                {
                    _info.Add(Place(plan.InfoPath, new NamedFileStart(done.Row.Sequence, done.Start), done.End, ".xml"), plan, recording, done, OmeNames.Shown(plan.FilePath, done.Place));
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    LogNoInformation(plan.Id, e.Message);   // the media is whole; what is said of it is not worth more
                }
            },
        }, recording);
    }

    public Task EndedAsync(RecordingRow recording) => files.EndAsync(recording.Id);

    /// <summary>By its extension; MPEG-TS when it has none that is known.</summary>
    public static NamedContainer ContainerOf(string template) => template.EndsWith(".mp4", StringComparison.OrdinalIgnoreCase) ? NamedContainer.Mp4 : NamedContainer.Ts;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Id} of the OvenMediaEngine API: its information file could not be written: {Reason}")]
    private partial void LogNoInformation(string id, string reason);
}
