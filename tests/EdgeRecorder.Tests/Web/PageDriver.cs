using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.SystemTests;
using Microsoft.Playwright;

namespace EdgeRecorder.Tests.Web;

/// <summary>What a video element says of itself.</summary>
/// <param name="Shown">Frames decoded and not dropped.</param>
/// <param name="Counter">The number burnt into the picture; -1 when none can be read.</param>
internal sealed record VideoState(double CurrentTime, double Shown, double Dropped, int Width, int Height, int Counter, bool Paused);

/// <summary>One browser window on the page, and everything in it that went wrong.</summary>
internal sealed partial class PageDriver : IAsyncDisposable
{
    /// <summary>The number in the two bottom rows of 16 blocks (tests/data/make-clips); a block is read at its middle.</summary>
    private const string Look = """
        video => {
            let counter = -1;
            const isStill = video instanceof HTMLCanvasElement;
            if (isStill || video.readyState >= 2) {
                const context = new OffscreenCanvas(160, 90).getContext('2d', { willReadFrequently: true });
                context.drawImage(video, 0, 0, 160, 90);
                const grey = (x, y) => { const p = context.getImageData(x, y, 1, 1).data; return (p[0] + p[1] + p[2]) / 3; };
                counter = 0;
                for (let column = 0; column < 16 && counter >= 0; column++) {
                    const [opposite, bit] = [grey(column * 10 + 5, 75), grey(column * 10 + 5, 85)];
                    counter = Math.abs(bit - opposite) < 96 ? -1 : counter * 2 + (bit > opposite ? 1 : 0);
                }
            }
            if (isStill)
                return JSON.stringify({ currentTime: 0, shown: 1, dropped: 0, width: video.width, height: video.height, counter, paused: false });
            const quality = video.getVideoPlaybackQuality();
            return JSON.stringify({ currentTime: video.currentTime, shown: quality.totalVideoFrames - quality.droppedVideoFrames, dropped: quality.droppedVideoFrames,
                     width: video.videoWidth, height: video.videoHeight, counter, paused: video.paused });
        }
        """;

    /// <summary>Of the browser: UTC+5:45, so that no place of the page takes its hours or days for the recorder's.</summary>
    public const string TimeZone = "Asia/Kathmandu";

    private readonly IBrowserContext _context;
    private readonly DaemonProcess _daemon;
    private readonly List<string> _faults = [];
    private readonly List<(int Status, string Path)> _expected = [];

    private PageDriver(IBrowserContext context, IPage page, DaemonProcess daemon)
    {
        (_context, Page, _daemon) = (context, page, daemon);
        page.Console += (_, message) => Add(message.Type is "error" or "warning" && !IsExpected(message), $"console {message.Type}: {message.Text}");
        page.PageError += (_, error) => Add(true, $"error: {error}");
        page.Response += (_, response) => Add(response.Status >= 400 && !IsExpected(response.Status, response.Url), $"{response.Status} {response.Url}");
        // What the page itself gives up (a view that is gone) is no failure.
        page.RequestFailed += (_, request) => Add(request.Failure != "net::ERR_ABORTED", $"{request.Failure} {request.Url}");
        page.Request += (_, request) => Add(!request.Url.StartsWith(Address, StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal), $"request to elsewhere: {request.Url}");
        page.WebSocket += (_, _) => WebSockets++;
    }

    public IPage Page { get; }
    public int WebSockets { get; private set; }
    public string Address => $"http://127.0.0.1:{_daemon.Setup.Port}/";

    public static async Task<PageDriver> OpenAsync(IBrowser browser, DaemonProcess daemon, string language, int width, int height)
    {
        var context = await browser.NewContextAsync(new() { Locale = language, ViewportSize = new() { Width = width, Height = height }, TimezoneId = TimeZone, AcceptDownloads = true });
        await context.AddInitScriptAsync("localStorage.setItem('edge-recorder.hls-log', '1');");      // a warning of hls.js is a fault as well
        await context.AddInitScriptAsync("document.addEventListener('securitypolicyviolation', e => console.error(`Content-Security-Policy: ${e.violatedDirective} ${e.blockedURI}`));");
        return new PageDriver(context, await context.NewPageAsync(), daemon);
    }

    public async Task LogInAsync()
    {
        await Page.GotoAsync(Address);
        await EnterAsync();
        await Page.WaitForSelectorAsync("main.wall");
    }

    /// <summary>User and password, where the page asks for them.</summary>
    public async Task EnterAsync()
    {
        await Page.FillAsync("input[name=user]", "admin");
        await Page.FillAsync("input[name=password]", (await File.ReadAllTextAsync(Path.Combine(_daemon.Setup.Root, "initial-admin-password"))).Trim());
        await Page.ClickAsync("button[type=submit]");
    }

    /// <summary>Another window of the same browser, with the same session.</summary>
    public async Task<IPage> SecondWindowAsync()
    {
        var page = await _context.NewPageAsync();
        await page.GotoAsync(Address);
        return page;
    }

    public static string Tile(string key) => $".tile[data-channel={key}]";

    /// <summary>From the wall to the page of a camera.</summary>
    public async Task OpenChannelAsync(string key)
    {
        await Page.ClickAsync($"{Tile(key)} a");
        await Page.WaitForSelectorAsync("main.channel .timeline");
    }

    public async Task<VideoState> VideoAsync(string within = ".stage")
        => JsonSerializer.Deserialize<VideoState>(await Page.Locator($"{within} video").EvaluateAsync<string>(Look), JsonSerializerOptions.Web)!;

    /// <summary>The picture of a browser that cannot play the live ones.</summary>
    public async Task<VideoState> StillAsync(string within = ".stage")
        => JsonSerializer.Deserialize<VideoState>(await Page.Locator($"{within} canvas.still").EvaluateAsync<string>(Look), JsonSerializerOptions.Web)!;

    /// <summary>Bytes of sound that the browser has decoded for a picture.</summary>
    public Task<double> SoundBytesAsync(string within = ".stage") => Page.Locator($"{within} video").EvaluateAsync<double>("video => video.webkitAudioDecodedByteCount");

    /// <summary>What a picture says of itself in data-<paramref name="name"/>.</summary>
    public Task<string?> PictureAsync(string name, string within = ".stage") => Page.GetAttributeAsync($"{within} .picture", $"data-{name}");

    /// <summary>The page's own figure of how old the picture is, in seconds; NaN while it has none.</summary>
    public async Task<double> LatencyAsync(string within = ".stage")
        => double.TryParse(await PictureAsync("latency", within), CultureInfo.InvariantCulture, out var seconds) ? seconds : double.NaN;

    public async Task<T> WaitAsync<T>(Func<Task<T>> look, Func<T, bool> condition, string what, TimeSpan? deadline = null)
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            var seen = await look();
            if (condition(seen))
                return seen;
            Assert.True(since.Elapsed < (deadline ?? TimeSpan.FromSeconds(20)), $"{what} did not come; last: {seen}; faults: {string.Join("; ", _faults)}");
            await Task.Delay(20);
        }
    }

    public Task<VideoState> PlayingAsync(string within = ".stage") => WaitAsync(() => VideoAsync(within), v => v.Shown > 0 && v.CurrentTime > 0, $"a picture in {within}");

    /// <summary>The instant that the address of the page names: what was clicked.</summary>
    private DateTimeOffset Instant => DateTimeOffset.Parse(At().Match(Uri.UnescapeDataString(Page.Url)) is { Success: true } found ? found.Groups[1].Value
        : throw new InvalidOperationException($"{Page.Url} names no instant"), CultureInfo.InvariantCulture);

    /// <summary>Clicks the timeline where it shows <paramref name="time"/>, and returns the instant that is played: that of the pixel, or where footage goes on.</summary>
    public async Task<DateTimeOffset> ClickTimelineAsync(DateTimeOffset time)
    {
        var before = Page.Url;
        var line = Page.Locator(".timeline");
        var from = double.Parse((await line.GetAttributeAsync("data-from"))!, CultureInfo.InvariantCulture);
        var to = double.Parse((await line.GetAttributeAsync("data-to"))!, CultureInfo.InvariantCulture);
        var box = (await line.BoundingBoxAsync())!;
        var x = (time.ToUnixTimeMilliseconds() - from) / (to - from);
        Assert.InRange(x, 0, 1);
        await line.ClickAsync(new() { Position = new() { X = (float)(x * box.Width), Y = box.Height / 2 } });
        await WaitAsync(() => Task.FromResult(Page.Url), url => url != before, "another instant in the address");
        return Instant;
    }

    /// <summary>Plays the footage of <paramref name="time"/> and pauses: clicks show single pictures from then on.</summary>
    public async Task HoldFootageAsync(DateTimeOffset time)
    {
        await ClickTimelineAsync(time);
        await Page.WaitForSelectorAsync("[data-phase=recorded] video");
        await WaitAsync(() => VideoAsync(), v => v.Counter >= 0 && !v.Paused && v.Shown > 0, "playing footage");
        await Page.ClickAsync(".controls button >> nth=0");
    }

    /// <summary>Clicks the timeline at a time: the picture that is held there is the one sent at that instant, or its neighbour.</summary>
    /// <param name="pictureAt">Number of the picture that was sent at an instant.</param>
    public async Task ShowsAtAsync(DateTimeOffset time, Func<DateTimeOffset, long> pictureAt)
    {
        var instant = await ClickTimelineAsync(time);
        var expected = pictureAt(instant) % BurntInCounter.Count;
        await WaitAsync(() => VideoAsync(), v => v.Paused && Math.Abs(v.Counter - expected) <= 1, $"picture {expected} ± 1 of {instant:HH:mm:ss.fff}", TimeSpan.FromSeconds(8));
    }

    /// <summary>The instant that the controls show: of the picture on the screen.</summary>
    public async Task<DateTimeOffset> ShownInstantAsync()
        => DateTimeOffset.Parse((await Page.GetAttributeAsync(".controls time", "datetime"))!, CultureInfo.InvariantCulture);

    /// <summary>The instant in the address once it is another than <paramref name="instant"/>.</summary>
    public Task<DateTimeOffset> InstantBeyondAsync(DateTimeOffset instant) => WaitAsync(() => Task.FromResult(Instant), at => at != instant, "another instant");

    /// <summary>
    /// An answer by which the recorder tells the page something, and which the browser and hls.js write into the console as an error all the same. Every other one stays a fault.
    /// </summary>
    public void Expect(int status, string path)
    {
        lock (_faults)
            _expected.Add((status, path));
    }

    public void AssertNoFaults()
    {
        lock (_faults)
            Assert.True(_faults.Count == 0, string.Join('\n', _faults));
    }

    public void ForgetFaults()
    {
        lock (_faults)
            _faults.Clear();
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    private bool IsExpected(int status, string url)
    {
        lock (_faults)
            return _expected.Exists(e => e.Status == status && url.Contains(e.Path, StringComparison.Ordinal));
    }

    private bool IsExpected(IConsoleMessage message)
        => StatusOf().Match(message.Text) is { Success: true } said && IsExpected(int.Parse(said.Groups[1].Value, CultureInfo.InvariantCulture), said.Groups[2].Success ? said.Groups[2].Value : message.Location);

    private void Add(bool isFault, string what)
    {
        if (isFault)
            lock (_faults)
                _faults.Add(what);
    }

    // The browser: Failed to load resource: the server responded with a status of 410 (Gone), at the address of the resource.
    // hls.js: [error] > 410 while loading http://…
    [GeneratedRegex(@"^(?:Failed to load resource: .* a status of|\[error\] >) (\d{3})(?: while loading (http://.*))?")]
    private static partial Regex StatusOf();

    [GeneratedRegex(@"at=([0-9TZ:.\-]+)")]
    private static partial Regex At();
}
