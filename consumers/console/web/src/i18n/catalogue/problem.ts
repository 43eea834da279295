/** What the server's problem codes mean to a person; its own words, in English, stand below in small print. */
export const problem = {
  "problem.broker_away": [
    "Kafka is away: what you said is kept and sent as soon as it is back",
    "Kafka에 연결할 수 없습니다. 입력한 내용은 보관되며 연결되면 전송됩니다",
  ],
  "problem.catching_up": [
    "the console is reading its tasks again: it goes on by itself in a moment",
    "콘솔이 작업을 다시 읽고 있습니다. 잠시 후 자동으로 계속됩니다",
  ],
  "problem.database_away": [
    "the console's database does not answer: try again",
    "콘솔 데이터베이스가 응답하지 않습니다. 다시 시도하세요",
  ],
  "problem.not_available": ["this is not available now: try again", "지금은 사용할 수 없습니다. 다시 시도하세요"],
  "problem.bug": [
    "the console failed in a way nobody foresaw: try again, or tell whoever runs linewatch",
    "예상하지 못한 콘솔 오류입니다. 다시 시도하거나 관리자에게 알려 주세요",
  ],
  "problem.not_allowed": ["this is not for your role", "이 역할로는 할 수 없습니다"],
  "problem.not_signed_in": ["nobody is signed in: sign in again", "로그인되어 있지 않습니다. 다시 로그인하세요"],
  "problem.other_person": ["somebody else is signed in here now", "다른 사람이 로그인되어 있습니다"],
  "problem.task_closed": [
    "the task was closed: your answer is kept as a draft, take the next",
    "작업이 종료되었습니다. 답은 초안으로 보관되니 다음 프레임으로 넘어가세요",
  ],
  "problem.lease_lost": [
    "the task was given back or somebody else has it now: your answer is kept as a draft, take the next",
    "작업이 반납되었거나 다른 사람에게 넘어갔습니다. 답은 초안으로 보관되니 다음 프레임으로 넘어가세요",
  ],
  "problem.already_submitted": [
    "this task was answered already: correct that label instead",
    "이미 답한 작업입니다. 해당 라벨을 수정하세요",
  ],
  "problem.task_unknown": ["there is no such task", "해당 작업이 없습니다"],
  "problem.label_unknown": ["this is no label of yours", "내 라벨이 아닙니다"],
  "problem.label_invalid": ["this answer is not possible for this frame", "이 프레임에 사용할 수 없는 답입니다"],
  "problem.image_missing": ["the image is not there any more", "이미지가 더 이상 없습니다"],
  "problem.image_corrupt": ["the image is damaged", "이미지가 손상되었습니다"],
  "problem.frame_unknown": ["there is no such frame", "해당 프레임이 없습니다"],
  "problem.inspection_unknown": ["there is no such inspection", "해당 검사가 없습니다"],
  "problem.dataset_unknown": ["there is no such dataset", "해당 데이터셋이 없습니다"],
  "problem.build_unknown": ["there is no such build", "해당 빌드가 없습니다"],
  "problem.wrong_input": ["the server did not understand a value", "서버가 값을 이해하지 못했습니다"],
  "trouble.never_reported": ["It never reported: start linewatch edge", "보고가 없습니다. linewatch edge를 시작하세요"],
  "trouble.silent": [
    "No report any more: look at the factory PC and its network",
    "보고가 끊겼습니다. 공장 PC와 네트워크를 확인하세요",
  ],
  "trouble.unhealthy": ["The edge says that it is not healthy", "엣지가 비정상 상태를 보고했습니다"],
} as const satisfies Record<string, readonly [en: string, ko: string]>;
