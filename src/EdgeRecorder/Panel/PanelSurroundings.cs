using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Panel;

/// <summary>What a panel acts upon.</summary>
/// <param name="Condition">What the lights show now.</param>
/// <param name="Post">Does the work behind all that was posted before, one at a time.</param>
internal sealed record PanelSurroundings(
    ChannelCatalog Catalog, IRecorder Recorder, ButtonRecording Recording, PanelEvents Events, IRing Ring, Func<BoxCondition> Condition, ISystemControl System, TimeProvider Time, Action<Func<Task>> Post, ILogger Log);

/// <summary>A line as people see it.</summary>
/// <param name="Shows">What a light shows, or whether an input is active.</param>
/// <param name="Lost">Edges of an input that were lost since start.</param>
internal sealed record PanelLine(string Line, string Kind, bool IsActive, string Shows, long Lost);

/// <summary>The panel as it stands.</summary>
internal sealed record PanelState(string Lines, bool IsSimulated, bool Recording, IgnitionState? Ignition, DateTimeOffset? LeavesAt, IReadOnlyList<PanelLine> All);
