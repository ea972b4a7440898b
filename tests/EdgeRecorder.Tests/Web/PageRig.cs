using EdgeRecorder.Tests.SystemTests;
using Microsoft.Playwright;

namespace EdgeRecorder.Tests.Web;

/// <summary>What the page shows and does, one test at a time.</summary>
[CollectionDefinition(Name)]
public sealed class Pages : ICollectionFixture<PageRig>
{
    public const string Name = "pages";
}

/// <summary>Pictures are decoded here and have to be shown in time: nothing else runs beside these tests.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TimedPages : ICollectionFixture<PageRig>
{
    public const string Name = "timed pages";
}

/// <summary>
/// The published program and a browser, made once for all tests of the page. CHROMIUM names another browser than Debian's.
/// </summary>
public sealed class PageRig : IAsyncLifetime
{
    // As root Chromium refuses its sandbox; the rest keeps it from talking to anybody but the page.
    private static readonly string[] Switches = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public string Program { get; private set; } = "";

    public async Task InitializeAsync()
    {
        Program = await PublishedProgram.PathAsync();
        var chromium = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium";
        Assert.True(File.Exists(chromium), $"{chromium}: no browser; tests/install-packages packages-browser.txt installs one, CHROMIUM names another");
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Args = Switches });
    }

    /// <summary>A browser of its own, logged in.</summary>
    internal async Task<PageDriver> OpenAsync(DaemonProcess daemon, string language = "en-GB", int width = 1280, int height = 800, bool webSockets = true)
    {
        var page = await PageDriver.OpenAsync(_browser!, daemon, language, width, height);
        if (!webSockets)
            await page.Page.RouteWebSocketAsync("**", socket => _ = socket.CloseAsync());
        await page.LogInAsync();
        return page;
    }

    internal DaemonSetup Setup(WallClock? clock = null) => new() { Program = Program, Clock = clock };

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
