using EdgeRecorder.Api.Security;
using EdgeRecorder.Ledger;
using EdgeRecorder.Panel;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/panel: the front of the box, its lights, and presses without a hand.</summary>
internal static class PanelEndpoints
{
    public static void MapPanel(this IEndpointRouteBuilder routes)
    {
        var panel = routes.MapGroup("/panel").WithTags("panel");
        panel.MapGet("", Get).RequireAuthorization(Roles.Viewer);
        panel.MapPost("/press", Press).RequireAuthorization(Roles.Operator);
        panel.MapPut("/outputs/{line}", Switch).RequireAuthorization(Roles.Operator);
        panel.MapPut("/inputs/{line}", Simulate).RequireAuthorization(Roles.Admin);
    }

    private static async Task<JsonHttpResult<PanelView>> Get(FrontPanel panel) => View(await panel.StateAsync());

    /// <summary>Holds the record button for so long, and answers once what that led to is done. A press that restores network settings is an admin's.</summary>
    private static async Task<Results<JsonHttpResult<PanelView>, ProblemHttpResult>> Press(PanelPress body, HttpContext context, FrontPanel panel, AuditStore audit, CancellationToken stop)
    {
        if (body.Milliseconds is < 1 or > 30_000)
            return Problems.Bad("milliseconds: is not between 1 and 30000");
        var held = TimeSpan.FromMilliseconds(body.Milliseconds);
        if (ButtonGesture.Of(held) is EdgeRecorder.Panel.Press.VeryLong && !context.User.IsInRole(Roles.Admin))
            return Problems.Of(StatusCodes.Status403Forbidden, "restoring the network settings is for admin");
        audit.Add(context, "panel.press", $"{body.Milliseconds} ms");
        await panel.PressAsync(held, stop);
        return View(await panel.StateAsync());
    }

    private static async Task<Results<JsonHttpResult<PanelView>, ProblemHttpResult>> Switch(string line, PanelOutput body, HttpContext context, FrontPanel panel, AuditStore audit)
    {
        if (body.Seconds is < 1 or > 86_400)
            return Problems.Bad("seconds: is not between 1 and 86400");
        if (!panel.Switch(line, body.On, body.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null))
            return Problems.NotFound($"the panel has no output {line}");
        audit.Add(context, "panel.output", $"{line} {(body.On ? "on" : "off")}");
        return View(await panel.StateAsync());
    }

    /// <summary>Changes an input of a simulated panel; lines of a chip are what they are.</summary>
    private static async Task<Results<JsonHttpResult<PanelView>, ProblemHttpResult>> Simulate(string line, PanelInput body, HttpContext context, FrontPanel panel, AuditStore audit)
    {
        if (panel.Simulate(line, body.Active) is { } refusal)
            return Problems.Conflict(refusal);
        audit.Add(context, "panel.input", $"{line} {(body.Active ? "active" : "inactive")}");
        return View(await panel.StateAsync());
    }

    private static JsonHttpResult<PanelView> View(PanelState state) => TypedResults.Json(new PanelView(
        state.IsSimulated, state.Lines, state.Recording, state.Ignition is { } ignition ? Words.Of(ignition) : null, state.LeavesAt,
        [.. state.All.Select(line => new PanelLineView(line.Line, line.Kind, line.IsActive, line.Shows, line.Lost))]), BoxJson.Default.PanelView);
}

/// <param name="Lines">The chip that has them; of a simulated panel, why it is one.</param>
/// <param name="Recording">The button's own recording runs.</param>
/// <param name="Ignition">on, off, leaving; null without such a line.</param>
/// <param name="LeavesAt">When the box is switched off; null when nothing is planned.</param>
internal sealed record PanelView(bool Simulated, string Lines, bool Recording, string? Ignition, DateTimeOffset? LeavesAt, PanelLineView[] All);

/// <param name="Kind">led, button, alarm, power-fail, ignition, output.</param>
/// <param name="Active">A light is lit, an input active, an output closed.</param>
/// <param name="Shows">Of lights and outputs: off, on, slow-blink, blink, fast-blink, dark-pulse, flash-N; of inputs: active, inactive.</param>
/// <param name="Lost">Edges of an input that were lost since start.</param>
internal sealed record PanelLineView(string Line, string Kind, bool Active, string Shows, long Lost);

/// <param name="Milliseconds">How long the record button is held: 3000 locks what was just recorded, 10000 restores the network settings, from 20000 on it is no press.</param>
internal sealed record PanelPress(int Milliseconds);

internal sealed record PanelInput(bool Active);

/// <param name="Seconds">For how long; null: until it is switched again.</param>
internal sealed record PanelOutput(bool On, int? Seconds = null);
