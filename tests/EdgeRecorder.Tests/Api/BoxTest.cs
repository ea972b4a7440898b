namespace EdgeRecorder.Tests.Api;

/// <summary>A class of tests of which each has a box of its own, on a directory of its own.</summary>
/// <param name="channels">Of its configuration.</param>
public abstract class BoxTest(string channels = "[]") : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();

    private protected TestBox Box { get; private set; } = null!;
    private protected string Root => _directory.Path;

    public virtual async Task InitializeAsync() => Box = await TestBox.StartAsync(Root, channels);

    /// <summary>Stops it and starts it again on the same directory.</summary>
    private protected async Task RestartAsync(string? otherChannels = null, int tlsPort = 0)
    {
        await Box.DisposeAsync();
        Box = await TestBox.StartAsync(Root, otherChannels ?? channels, tlsPort);
    }

    public virtual async Task DisposeAsync()
    {
        await Box.DisposeAsync();
        _directory.Dispose();
    }
}
