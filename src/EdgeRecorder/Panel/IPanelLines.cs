namespace EdgeRecorder.Panel;

/// <summary>An input changed.</summary>
/// <param name="At">Of the monotonic clock: <c>TimeProvider.GetElapsedTime(0)</c>.</param>
/// <param name="IsBroken">Edges before this one were lost: what lasted since an earlier one is unknown.</param>
internal readonly record struct PanelEdge(bool Active, TimeSpan At, bool IsBroken);

internal interface IPanelInput
{
    string Name { get; }
    bool IsActive { get; }

    /// <summary>Edges that were lost since start.</summary>
    long Lost { get; }
}

internal interface IPanelOutput
{
    string Name { get; }

    /// <summary>Never throws: a light that cannot be lit is logged and ends nothing.</summary>
    void Set(bool on);
}

/// <summary>The lines of a panel, whoever has them: a GPIO chip, or nobody.</summary>
internal interface IPanelLines : IDisposable
{
    /// <summary>Where they are; of a simulated panel, why it is one.</summary>
    string Description { get; }

    bool IsSimulated { get; }

    /// <summary>Names of all lines there are.</summary>
    IReadOnlyCollection<string> Names { get; }

    /// <summary>Null when there is no such line, or somebody else has it.</summary>
    /// <param name="changed">Told of every edge from the opening on, on a thread that must not wait.</param>
    IPanelInput? Input(string name, TimeSpan debounce, Action<PanelEdge> changed);

    /// <summary>Null when there is no such line, or somebody else has it. Off at first.</summary>
    IPanelOutput? Output(string name);
}
