import { z } from 'zod';
import { csAction, number, text, wire } from './action.ts';

const failure = wire({ code: text, message: text });
const taskShape = {
  task_id: z.string().min(1),
  task_type: text,
  state: text,
  created: text,
  error: failure.nullish(),
};
const task = wire(taskShape);
const taskInfo = wire({
  ...taskShape,
  target: wire({ id: text, type: text }).nullish(),
  current_stage: text,
  // Which there are is not documented for any type of task.
  parameters: z.record(z.string(), z.unknown()).nullish().catch(undefined),
  stages: z.array(wire({ message: text, state: text, start_time: text, end_time: text })).nullish(),
  events: z
    .array(wire({ action: text, level: text, reason: text, message: text, source: text, timestamp: text }))
    .nullish(),
});

/** Most orders are carried out by a task. */
export const TASK_ACTIONS = {
  DescribeClusterTasks: csAction('GET', '/clusters/{clusterId}/tasks', {
    repeated: 'none',
    answer: wire({ tasks: z.array(task).nullable(), page_info: wire({ total_count: number }).nullish() }),
  }),
  DescribeTaskInfo: csAction('GET', '/tasks/{taskId}', { repeated: 'none', answer: taskInfo }),
  PauseTask: csAction('POST', '/tasks/{taskId}/pause', { repeated: 'same', answer: z.unknown() }),
  ResumeTask: csAction('POST', '/tasks/{taskId}/resume', { repeated: 'same', answer: z.unknown() }),
  CancelTask: csAction('POST', '/tasks/{taskId}/cancel', { repeated: 'same', answer: z.unknown() }),
} as const;

export type CloudTask = z.output<typeof task>;
export type CloudTaskInfo = z.output<typeof taskInfo>;
